"""File sizes for people."""


def human_bytes(size) -> str:
    """1536 → "1.5 KB"."""
    size = float(size or 0)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 or size == int(size) else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
