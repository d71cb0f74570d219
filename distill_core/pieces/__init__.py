"""Working code below the parts, each module a small thing with one narrow interface; it knows no part."""
