"""What a job says while it runs, and the machine that it runs on."""
