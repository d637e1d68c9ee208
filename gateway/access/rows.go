package access

import (
	"slices"

	"github.com/poruka/poruka/certs"
)

// Row names the roles that may call a method.
type Row struct {
	Method string       // full gRPC name with its leading slash, or a page such as PageDocs
	Roles  []certs.Role // never empty
}

// Pages of the REST port that are no gRPC methods.
const (
	PageOpenAPI = "GET /openapi.json"
	PageDocs    = "GET /docs"
	PageLog     = "GET /log/" // the checkpoint and the tiles of the log
)

// Pages lists the pages.
func Pages() []string { return []string{PageOpenAPI, PageDocs, PageLog} }

// Rows is the access table of the gateway. reflection adds the rows of the reflection service, which is for development.
func Rows(reflection bool) []Row {
	bank := []certs.Role{certs.RoleBank}
	bankOrPortal := []certs.Role{certs.RoleBank, certs.RolePortal}
	bankPortalOrCompliance := []certs.Role{certs.RoleBank, certs.RolePortal, certs.RoleCompliance}
	portal := []certs.Role{certs.RolePortal}
	compliance := []certs.Role{certs.RoleCompliance}
	operator := []certs.Role{certs.RoleOperator}
	all := certs.Roles()

	rows := []Row{
		{"/poruka.v1.ConfirmationService/ConfirmIdentity", bank},
		{"/poruka.v1.ConfirmationService/ConfirmStyled", bank},
		{"/poruka.v1.ConfirmationService/ConfirmIdentities", bank},
		{"/poruka.v1.ConfirmationService/GetConfirmation", bankOrPortal},
		{"/poruka.v1.ConfirmationService/FindConfirmation", bankOrPortal},
		{"/poruka.v1.ConfirmationService/WithdrawConfirmation", bank},

		{"/poruka.v1.PortalService/PutAccount", portal},
		{"/poruka.v1.PortalService/ImportAccounts", portal},
		{"/poruka.v1.PortalService/GetAccount", portal},
		{"/poruka.v1.PortalService/LookupAccount", portal},
		{"/poruka.v1.PortalService/ListConfirmations", portal},
		{"/poruka.v1.PortalService/RecordConfirmation", portal},
		{"/poruka.v1.PortalService/EraseAccount", portal},
		{"/poruka.v1.PortalService/CreateOrder", portal},
		{"/poruka.v1.PortalService/GetOrder", portal},
		{"/poruka.v1.PortalService/CancelOrder", portal},
		{"/poruka.v1.PortalService/WatchConfirmations", portal},

		{"/poruka.v1.AuditService/ListRecords", compliance},
		{"/poruka.v1.AuditService/Summarize", compliance},
		{"/poruka.v1.AuditService/ExportReport", compliance},
		{"/poruka.v1.AuditService/ListConflicts", compliance},

		{"/poruka.v1.LogService/ProveInclusion", bankPortalOrCompliance},
		{"/poruka.v1.LogService/ProveConsistency", all},

		{"/poruka.v1.OperatorService/ListPartners", operator},
		{"/poruka.v1.OperatorService/SuspendPartner", operator},
		{"/poruka.v1.OperatorService/ResumePartner", operator},
		{"/poruka.v1.OperatorService/ListReceivers", operator},
		{"/poruka.v1.OperatorService/ReplayEvents", operator},

		{"/poruka.v1.CallerService/DescribeCaller", all},

		{"/grpc.health.v1.Health/Check", all},
		{"/grpc.health.v1.Health/List", all},
		{"/grpc.health.v1.Health/Watch", all},

		{PageOpenAPI, all},
		{PageDocs, all},
		{PageLog, all},
	}
	if reflection {
		rows = append(rows,
			Row{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", all},
			Row{"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", all},
		)
	}
	return slices.Clip(rows)
}
