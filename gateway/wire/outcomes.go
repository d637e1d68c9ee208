package wire

import porukav1 "github.com/poruka/poruka/api/poruka/v1"

// Short names for the columns of the catalogue.
const (
	closeMatch  = porukav1.Confirmation_CLOSE_MATCH
	notMatched  = porukav1.Confirmation_NOT_MATCHED
	notEligible = porukav1.Confirmation_NOT_ELIGIBLE
	notChecked  = porukav1.Confirmation_NOT_CHECKED

	noGroup  = porukav1.Reason_GROUP_UNSPECIFIED
	name     = porukav1.Reason_NAME
	document = porukav1.Reason_DOCUMENT
	contact  = porukav1.Reason_CONTACT
	inn      = porukav1.Reason_INN

	nobody   = porukav1.Reason_ACTOR_UNSPECIFIED
	system   = porukav1.Reason_BANK_SYSTEM
	clerk    = porukav1.Reason_BANK_CLERK
	customer = porukav1.Reason_CUSTOMER
	support  = porukav1.Reason_PORTAL_SUPPORT
	gateway  = porukav1.Reason_GATEWAY

	never      = porukav1.Reason_NEVER
	sameID     = porukav1.Reason_SAME_ID
	afterFix   = porukav1.Reason_AFTER_FIX
	afterDelay = porukav1.Reason_AFTER_DELAY
	newID      = porukav1.Reason_NEW_ID
)

// outcomes are the reasons of decided requests, ordered by code.
var outcomes = []entry{
	decided(porukav1.Reason_NAME_CLOSE, closeMatch, name, clerk, afterFix,
		"В фамилии, имени или отчестве опечатка. Сверьте их с паспортом клиента, исправьте и отправьте новый запрос.",
		"The name has a typing error. Compare it with the customer's passport, correct it and send a new request."),
	decided(porukav1.Reason_DOCUMENT_CLOSE, closeMatch, document, clerk, afterFix,
		"Не совпадает дата выдачи паспорта или код подразделения. Сверьте их с паспортом клиента, исправьте и отправьте новый запрос.",
		"The passport's issue date or department code differs. Compare them with the customer's passport, correct them and send a new request."),
	decided(porukav1.Reason_PREVIOUS_PASSPORT, closeMatch, document, clerk, afterFix,
		"В банке записан прежний паспорт клиента. Внесите данные действующего паспорта и отправьте новый запрос.",
		"The bank holds the customer's former passport. Record the present one and send a new request."),

	decided(porukav1.Reason_NO_MATCHING_ACCOUNT, notMatched, noGroup, customer, afterFix,
		"Учётная запись с такими данными не найдена. Каким логином вы входите на портал: телефоном, почтой или СНИЛС? "+
			"Войдите и сравните данные в профиле портала с данными в банке. Если учётной записи нет, сначала зарегистрируйтесь на портале.",
		"No account with these data was found. Which login do you use at the portal: phone, e-mail or SNILS? "+
			"Sign in and compare the data in the portal's profile with those in the bank. If you have no account, register at the portal first."),
	decided(porukav1.Reason_NAME_DIFFERS, notMatched, name, clerk, afterFix,
		"Фамилия, имя или отчество не совпадают с данными портала. Сверьте их с паспортом клиента; если фамилия сменилась, "+
			"клиенту нужно обновить данные там, где они устарели.",
		"The name differs from the portal's. Compare it with the customer's passport; after a change of name the customer "+
			"must bring the data up to date where they are old."),
	decided(porukav1.Reason_DOCUMENT_DIFFERS, notMatched, document, clerk, afterFix,
		"Дата выдачи паспорта и код подразделения не совпадают с данными портала. Сверьте их с паспортом клиента.",
		"The passport's issue date and department code differ from the portal's. Compare them with the customer's passport."),
	decided(porukav1.Reason_INN_DIFFERS, notMatched, inn, clerk, afterFix,
		"ИНН не совпадает с данными портала. Сверьте его со свидетельством клиента или отправьте запрос без ИНН.",
		"The INN differs from the portal's. Compare it with the customer's certificate, or send the request without it."),

	decided(porukav1.Reason_LEVEL_TOO_LOW, notEligible, noGroup, customer, afterFix,
		"Учётная запись ещё не стандартная. Заполните на портале паспорт и СНИЛС, дождитесь их проверки и повторите подтверждение в банке.",
		"The account is not a standard one yet. Fill in passport and SNILS at the portal, wait until they are checked, then confirm in the bank again."),
	decided(porukav1.Reason_CHECK_IN_PROGRESS, notEligible, noGroup, customer, afterDelay,
		"Данные учётной записи ещё проверяются в государственных реестрах. Обычно это занимает несколько минут; повторите позже.",
		"The account's data are still being checked by the state registries. It usually takes minutes; try again later.").after(900),
	decided(porukav1.Reason_ACCOUNT_LOCKED, notEligible, noGroup, support, afterFix,
		"Учётная запись заблокирована на портале. Обратитесь в службу поддержки портала.",
		"The portal has locked the account. Turn to the portal's support."),
	decided(porukav1.Reason_PASSPORT_EXPIRED, notEligible, document, customer, afterFix,
		"Срок действия паспорта истёк: его нужно было заменить по возрасту. Получите новый паспорт и сообщите его данные банку и порталу.",
		"The passport is no longer valid: it had to be replaced at a certain age. Get a new one and give its data to the bank and the portal."),
	decided(porukav1.Reason_ISSUED_BEFORE_14, notEligible, document, clerk, afterFix,
		"Паспорт не может быть выдан раньше 14 лет. Проверьте дату рождения и дату выдачи паспорта.",
		"No passport is issued before the age of 14. Check the birth date and the passport's issue date."),
	decided(porukav1.Reason_PHONE_NOT_BOUND, notEligible, contact, customer, afterFix,
		"Номер телефона в банке не совпадает с подтверждённым номером на портале. Сделайте номер одинаковым и подтвердите его на портале и в банке.",
		"The phone number in the bank is not the verified one at the portal. Use the same number in both places and verify it."),
	decided(porukav1.Reason_BANK_ACCOUNT_INACTIVE, notEligible, noGroup, customer, afterFix,
		"Счёт в банке не действует. Обратитесь в банк, чтобы открыть или разблокировать его.",
		"The account in the bank is not active. Ask the bank to open or unblock it."),
	decided(porukav1.Reason_AUTHENTICATION_STALE, notEligible, noGroup, customer, afterFix,
		"С момента входа в банк прошло больше пяти минут. Подтвердите вход ещё раз и повторите запрос.",
		"More than five minutes have passed since you signed in at the bank. Sign in again and repeat."),
	decided(porukav1.Reason_CONSENT_MISSING, notEligible, noGroup, customer, afterFix,
		"Нет вашего согласия на подтверждение личности. Дайте согласие в банке и повторите запрос.",
		"Your consent to the confirmation is missing. Give it in the bank and repeat."),
	decided(porukav1.Reason_MINOR_UNDER_14, notEligible, noGroup, nobody, never,
		"Подтвердить личность через банк можно только с 14 лет.",
		"Identity can be confirmed by a bank only from the age of 14."),
	decided(porukav1.Reason_MINOR_POLICY, notEligible, noGroup, nobody, never,
		"Этот банк не подтверждает личность несовершеннолетних. Обратитесь в центр обслуживания портала.",
		"This bank does not confirm the identity of minors. Go to a service centre of the portal."),

	decided(porukav1.Reason_SOURCE_UNAVAILABLE, notChecked, noGroup, gateway, sameID,
		"Проверить данные сейчас не удалось. Повторите тот же запрос позже: ничего не решено и не изменено.",
		"The data could not be checked now. Repeat the same request later: nothing was decided and nothing changed."),
}
