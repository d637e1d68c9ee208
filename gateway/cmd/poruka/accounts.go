package main

// accountsCmd is the portal's side: what the portal holds of people.
type accountsCmd struct {
	Generate accountsGenerateCmd `cmd:"" help:"Invent accounts and write them to a file."`
	Import   accountsImportCmd   `cmd:"" help:"Put a file of accounts."`
	Erase    accountsEraseCmd    `cmd:"" help:"Destroy the data of an account for ever."`
	Show     accountsShowCmd     `cmd:"" help:"Show the status of an account and its newest records."`
}
