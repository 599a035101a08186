"""How numbers are written for people."""

__all__ = ["seconds"]

_MINUTE = 60
_HOUR = 3600


def seconds(value: float) -> str:
    """Return a span of time as people read it: `0.120 s`, `12.0 s`, `5 min 03 s`, `2 h 00 min`.

    Args:
        value: the span in seconds.
    """
    if round(value, 3) < 1:
        return f"{value:.3f} s"
    if round(value, 1) < _MINUTE:
        return f"{value:.1f} s"
    if round(value) < _HOUR:
        return "{} min {:02} s".format(*divmod(round(value), _MINUTE))
    return "{} h {:02} min".format(*divmod(round(value / _MINUTE), _HOUR // _MINUTE))
