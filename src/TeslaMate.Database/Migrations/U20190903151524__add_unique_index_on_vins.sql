drop index cars_vin_index;
