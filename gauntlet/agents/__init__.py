"""Language models as readers: they propose specifications and cost models; programs check every proposal."""
