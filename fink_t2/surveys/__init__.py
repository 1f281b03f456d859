"""What differs from survey to survey: passbands, fields of an alert, units and flags."""
