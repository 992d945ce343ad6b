estate: { id = "e"; };
places: ( { id = "b3"; } );
=== conf.d/a.conf
buses: ( { id = "gw"; type = "tcp"; host = "10.0.0.1"; } );
=== conf.d/b.conf
profiles: ( { id = "p"; class = "tank";  points: ( { name = "level"; at = "holding:30"; scale = 0.1; } ); } );
devices: ( { id = "tank-1"; place = "b3/roof"; bus = "gw"; unit = 4; profile = "p"; } );
