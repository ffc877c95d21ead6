-- Upside down again, exactly so but for the last bit.

update trips set efficiency = 1 / efficiency where efficiency is not null;
