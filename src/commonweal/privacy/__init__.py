"""What people may ask about their own data: to see it, to correct it, to end its use, to have it erased."""
