// What was begun and is not durable yet: its place in the log is fixed, and whoever tells WhatsApp waits for it.

/** What begins after this comes behind it in the log. `durable` rejects only once the socket has ended. */
export type Begun = { durable: Promise<void> }

/** Whoever hands the stanza over hears of a rejection; where nobody does any more, its socket's end was said already. */
export function begun(durable: Promise<void>): Begun {
  durable.catch(() => undefined)
  return { durable }
}

/** Durable once all of them are. */
export const allOf = (all: readonly Begun[]): Begun => begun(Promise.all(all.map(({ durable }) => durable)).then(() => undefined))

export const nothing: Begun = { durable: Promise.resolve() }
