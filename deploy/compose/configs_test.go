package compose_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/poruka/poruka/gateway/config"
	"github.com/poruka/poruka/gateway/match"
	"github.com/poruka/poruka/gateway/observe"
	"github.com/poruka/poruka/partners/roster"
)

const monitoring = "../monitoring/"

func TestTheGatewaysConfigurationIsGood(t *testing.T) {
	settings, err := config.Load("poruka.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, service := range load(t).Services {
		if url := service.Environment["PORUKA_DATABASE_URL"]; url != nil {
			settings.DatabaseURL = *url
			if _, err := settings.Complete(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !strings.Contains(*url, "sslmode=verify-full") {
				t.Errorf("%s does not check who the store is", name)
			}
		}
	}
	banks, err := roster.Open(roster.Config{Path: "../config/roster.yaml", Policies: []string{match.V1}})
	if err != nil {
		t.Fatal(err)
	}
	setup := read(t, "setup.sh")
	for _, bank := range banks.All() {
		if !strings.Contains(setup, " "+string(bank.ID)) {
			t.Errorf("setup.sh makes no certificate for %s", bank.ID)
		}
	}
}

func TestBalancersConfigurationIsGood(t *testing.T) {
	haproxy := tool(t, "haproxy")
	for _, file := range []string{"haproxy.cfg", "ops.cfg"} {
		run(t, ".", haproxy, "-c", "-f", file)
	}
}

func TestPrometheusConfigurationIsGood(t *testing.T) {
	promtool, folder := tool(t, "promtool"), t.TempDir()
	write(t, filepath.Join(folder, "store", "ca.crt"), "")
	for _, file := range []string{"prometheus.yaml", "alerts.yaml", "alerts_test.yaml"} {
		write(t, filepath.Join(folder, file), read(t, monitoring+file))
	}
	run(t, folder, promtool, "check", "config", "prometheus.yaml")
	run(t, folder, promtool, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml")
	run(t, folder, promtool, "test", "rules", "alerts_test.yaml")
}

// rules are alerts.yaml and alerts_test.yaml, as far as they matter here.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert, Expr string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
	Tests []struct {
		Alerts []struct {
			Alert string           `yaml:"alertname"`
			Want  []map[string]any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

func rulesOf(t *testing.T, file string) (r rules) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, monitoring+file)), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryAlertIsTestedAndSaysHowUrgent(t *testing.T) {
	seen := map[string]bool{}
	for _, test := range rulesOf(t, "alerts_test.yaml").Tests {
		for _, a := range test.Alerts {
			seen[a.Alert] = seen[a.Alert] || len(a.Want) > 0
		}
	}
	for _, group := range rulesOf(t, "alerts.yaml").Groups {
		for _, rule := range group.Rules {
			if !seen[rule.Alert] {
				t.Errorf("no test in which %s speaks", rule.Alert)
			}
			if severity := rule.Labels["severity"]; severity != "page" && severity != "ticket" {
				t.Errorf("%s has severity %q", rule.Alert, severity)
			}
			if rule.Annotations["summary"] == "" {
				t.Errorf("%s says nothing", rule.Alert)
			}
		}
	}
}

// ours is a metric of the gateway in an expression.
var ours = regexp.MustCompile(`\bporuka_[a-z_]+`)

// mentioned are the metrics of the gateway that text names.
func mentioned(t *testing.T, where, text string) map[string]bool {
	t.Helper()
	known, found := map[string]bool{}, map[string]bool{}
	for _, m := range observe.Catalogue() {
		known[m.Name] = true
		if m.Kind == observe.Histogram {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				known[m.Name+part] = true
			}
		}
	}
	for _, name := range ours.FindAllString(text, -1) {
		if !known[name] {
			t.Errorf("%s: the gateway has no metric %s", where, name)
		}
		found[strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")] = true
	}
	return found
}

func TestAlertsKnowTheirMetrics(t *testing.T) {
	mentioned(t, "alerts.yaml", read(t, monitoring+"alerts.yaml"))
	mentioned(t, "alerts_test.yaml", read(t, monitoring+"alerts_test.yaml"))
}

// dashboard is a dashboard of Grafana, as far as it matters here.
type dashboard struct {
	Panels []struct {
		ID      int
		Title   string
		Targets []struct{ Expr string }
	}
}

// TestTheDashboardShowsTheCatalogue finds every metric on the dashboard, and lets promtool read every expression.
func TestTheDashboardShowsTheCatalogue(t *testing.T) {
	var board dashboard
	if err := json.Unmarshal([]byte(read(t, monitoring+"grafana/poruka.json")), &board); err != nil {
		t.Fatal(err)
	}
	shown, ids := map[string]bool{}, map[int]string{}
	var recorded strings.Builder
	recorded.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for _, panel := range board.Panels {
		if other, twice := ids[panel.ID]; twice {
			t.Errorf("%q and %q have one id", panel.Title, other)
		}
		ids[panel.ID] = panel.Title
		for i, target := range panel.Targets {
			maps.Copy(shown, mentioned(t, panel.Title, target.Expr))
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".+").Replace(target.Expr)
			fmt.Fprintf(&recorded, "      - {record: 'panel:%d:%d', expr: %q}\n", panel.ID, i, expr)
		}
	}
	var missing []string
	for _, m := range observe.Catalogue() {
		if !shown[m.Name] {
			missing = append(missing, m.Name)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		t.Errorf("not shown: %v", missing)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write(t, file, recorded.String())
	run(t, ".", tool(t, "promtool"), "check", "rules", file)
}
