// Package notify tells banks and the portal what was recorded: events, delivered from the log.
//
// Promise: every event reaches its receiver at least once and in the order of the log, across restarts, outages of days and several
// gateways; an event has one id for ever, so that receiving it twice can be seen. A receiver that fails holds up nobody else. What
// cannot be delivered within days is given up by name, never silently, and any range can be delivered again.
//
// Powers: Feed reads the log from any position and tells when it grows, for deliveries and for whoever watches; Service delivers.
//
// How: how far each receiver is stands in a bookmark of the ledger, with a lease of the gateway that delivers to it. The lease keeps
// gateways from doing one work twice; that the bookmark changes by comparison alone keeps what it says right, whatever their clocks
// say. It is stored after what it tells has been done, so that a gateway that is lost leaves events to be delivered twice, never none.
//
// Limits: it follows the log, so that nothing is told that may yet be undone; it never touches a confirmation. A receiver that takes an
// event and says that it has not gets it again.
package notify
