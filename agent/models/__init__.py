"""Model back ends behind one spec string, and the tool protocol."""
