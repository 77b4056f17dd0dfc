"""A job's log and progress, and the machine that it runs on."""
