"""What a computation asks of hardware."""
