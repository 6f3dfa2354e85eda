module tidings/bench/load

go 1.24
