package wire

import (
	porukav1 "github.com/poruka/poruka/api/poruka/v1"
	"github.com/poruka/poruka/gateway/fault"
)

// troubles are the reasons that lie in limits, in time, or in the gateway itself, ordered by code.
var troubles = []entry{
	refused(porukav1.Reason_RATE_LIMIT, fault.Exhausted, system, afterDelay,
		"Слишком много запросов. Подождите указанное время и повторите.",
		"Too many requests. Wait as long as the answer says, then repeat.").after(1),
	refused(porukav1.Reason_ATTEMPTS_EXHAUSTED, fault.Exhausted, customer, afterDelay,
		"Слишком много неудачных попыток подтвердить этого человека. До указанного срока не принимаются и верные данные; "+
			"за это время сверьте их с паспортом и с профилем на портале.",
		"Too many failed attempts to confirm this person. Until the time that the answer says correct data are refused as well; "+
			"meanwhile compare them with the passport and with the profile at the portal.").after(3600),
	refused(porukav1.Reason_OVERLOADED, fault.Exhausted, gateway, afterDelay,
		"Шлюз перегружен и не принял запрос. Повторите его через несколько секунд.",
		"The gateway is overloaded and has not taken the request. Repeat it in a few seconds.").after(1),
	refused(porukav1.Reason_REQUEST_TOO_LARGE, fault.Exhausted, system, afterFix,
		"Запрос слишком велик. Отправьте его частями или уберите лишнее.",
		"The request is too large. Send it in parts or leave out what is not needed."),

	refused(porukav1.Reason_LEDGER_UNAVAILABLE, fault.Unavailable, gateway, sameID,
		"Шлюз временно не может обратиться к реестру. Ничего не решено; повторите тот же запрос.",
		"The gateway cannot reach the ledger for now. Nothing was decided; repeat the same request."),
	refused(porukav1.Reason_OUTCOME_UNKNOWN, fault.Unavailable, gateway, sameID,
		"Связь с реестром прервалась при записи. Повторите тот же запрос с тем же идентификатором: второго решения не будет.",
		"The connection to the ledger broke while recording. Repeat the same request with the same id: there will be no second decision."),
	refused(porukav1.Reason_SHUTTING_DOWN, fault.Unavailable, gateway, sameID,
		"Этот шлюз останавливается. Повторите тот же запрос: его примет другой.",
		"This gateway is shutting down. Repeat the same request: another will take it."),
	refused(porukav1.Reason_DEADLINE, fault.Deadline, system, sameID,
		"Отведённое вызову время вышло. Решение могло быть принято: повторите тот же запрос с тем же идентификатором и большим сроком.",
		"The time given to the call is over. It may have been decided: repeat the same request with the same id and more time."),
	refused(porukav1.Reason_CANCELLED, fault.Cancelled, system, sameID,
		"Вызов прерван вызывающей стороной. Решение могло быть принято: повторите тот же запрос с тем же идентификатором.",
		"The caller gave up. It may have been decided: repeat the same request with the same id."),
	refused(porukav1.Reason_METHOD_UNKNOWN, fault.Unimplemented, system, never,
		"Такого метода или адреса нет. Сверьтесь с описанием интерфейса.",
		"There is no such method or route. See the description of the interface."),
	refused(porukav1.Reason_INTERNAL, fault.Internal, gateway, sameID,
		"Ошибка шлюза. Повторите тот же запрос; если не поможет, сообщите оператору шлюза идентификатор из ответа.",
		"A defect of the gateway. Repeat the same request; if that does not help, tell the gateway's operators the request id in the answer."),
	refused(porukav1.Reason_REVOCATION_UNKNOWN, fault.Unavailable, gateway, sameID,
		"Шлюз не может проверить, не отозван ли сертификат, и пока никого не пускает. Повторите позже.",
		"The gateway cannot tell whether certificates have been revoked and lets nobody in for now. Try again later."),
}
