package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line. Every command is a struct of flags with `Run(context.Context, *streams) error` and a
// `Help() string` that holds an example.
type cli struct {
	JSON bool `help:"Print the result as JSON."`

	Serve    serveCmd    `cmd:"" help:"Run the gateway."`
	Demo     demoCmd     `cmd:"" help:"See five simulated banks confirm customers, and the ledger checked against every answer."`
	Accounts accountsCmd `cmd:"" help:"Import, show and invent accounts: the portal's side."`
	Audit    auditCmd    `cmd:"" help:"Report, count and check what was decided: for compliance staff."`
	Certs    certsCmd    `cmd:"" help:"Run the private CA: who may call, and the gateway itself."`
	Keys     keysCmd     `cmd:"" help:"See and rotate the keys that guard personal data."`
	Ledger   ledgerCmd   `cmd:"" help:"Look after the store."`
	Partner  partnerCmd  `cmd:"" help:"See, suspend and resume banks."`
	Sandbox  sandboxCmd  `cmd:"" help:"Play the five banks of the sandbox, with faults on demand."`
	Ready    readyCmd    `cmd:"" help:"Tell whether the gateway of this machine is ready."`
	Version  versionCmd  `cmd:"" help:"Tell the version of this binary."`
}

const description = `Poruka takes a bank's word that its customer owns an account on the state-services portal, checks it, and records it.

Begin with 'poruka serve --dev', or 'poruka demo'. Every flag can be set in the environment: --data-dir is PORUKA_DATA_DIR.`

// run runs one command line to its exit code. The first SIGINT or SIGTERM ends ctx, the second ends the process.
func run(ctx context.Context, args []string, s *streams) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	err := runCommand(ctx, args, s)
	if err != nil && !errors.Is(err, errSaid) {
		s.notef("poruka: %s", complaint(ctx, err))
	}
	return int(codeOf(err))
}

// complaint tells an error for people. What fails after ctx has ended fails because the user wanted it.
func complaint(ctx context.Context, err error) string {
	const stopped = "stopped on request"
	text := strings.ReplaceAll(err.Error(), context.Canceled.Error(), stopped)
	if ctx.Err() != nil && !strings.Contains(text, stopped) {
		text += " (" + stopped + ")"
	}
	return text
}

func runCommand(ctx context.Context, args []string, s *streams) error {
	var root cli
	helped := false
	parser, err := newParser(ctx, &root, s, func() { helped = true })
	if err != nil {
		return fmt.Errorf("the command line is malformed: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return wrongUsef("%w\n%s", err, hint(err))
	}
	s.JSON = root.JSON
	return parsed.Run()
}

// newParser makes a parser of command lines. helped is called when --help has been answered; nothing else is to be done then.
func newParser(ctx context.Context, root *cli, s *streams, helped func()) (*kong.Kong, error) {
	return kong.New(root,
		kong.Name("poruka"),
		kong.Description(description),
		kong.Writers(s.Out, s.Err),
		kong.Exit(func(int) { helped() }), // --help alone exits
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 120, FlagsLast: true, Compact: true}),
		kong.ValueFormatter(describeValue),
		kong.DefaultEnvars("PORUKA"),
		kong.ExplicitGroups([]kong.Group{{Key: "connection", Title: "Which gateway, and who is calling:"}}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s),
	)
}

// describeValue puts the default and the environment variable beside the meaning of a flag.
func describeValue(value *kong.Value) string {
	var also []string
	if value.HasDefault {
		also = append(also, "default "+value.Default)
	}
	for _, env := range value.Tag.Envs {
		also = append(also, "$"+env)
	}
	if len(also) == 0 {
		return value.Help
	}
	return value.Help + " [" + strings.Join(also, ", ") + "]"
}

// hint says where help is, for the command as far as it was understood.
func hint(err error) string {
	command := "poruka"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			command = strings.TrimSpace("poruka " + node.Path())
		}
	}
	return "See '" + command + " --help'."
}
