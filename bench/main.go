package main
func main(){ if err := writeTable("/tmp/big.csv", bigRows); err != nil { panic(err) } }
