package main

// accountsCmd is the portal's side: what the portal holds of people.
type accountsCmd struct {
	Import accountsImportCmd `cmd:"" help:"Put a file of accounts."`
	Show   accountsShowCmd   `cmd:"" help:"Show the status of an account and its newest records."`
}
