UPDATE access_choices SET masked_in_emergency = false WHERE masked_in_emergency AND NOT break_glass AND NOT regulation;
