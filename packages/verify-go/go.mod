module tidings.example/verify

go 1.21
