"""Working days and deadlines. Import from `inspection.calendar.days`; the rules live in `inspection.calendar.models`."""
