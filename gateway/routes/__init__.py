"""What clients can ask for, a module for each noun."""
