"""What if? Scripts that each play one situation with a colony; `glasshive list` names them."""
