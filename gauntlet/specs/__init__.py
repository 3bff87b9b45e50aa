"""What a paper says, as typed records: variables, workload, mechanisms as ordered steps, claims, evidence."""
