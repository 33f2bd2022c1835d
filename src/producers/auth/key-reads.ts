// Reads an instance's keys: what is in memory first, the rest from their rows. What is read ahead and what was asked for are remembered, so
// that neither a contact nor an absence costs a second read.
import { orAbort } from '../../runtime/or-abort.ts'
import type { AuthRows } from './auth-rows.ts'
import type { KeyName } from './auth-tables.ts'
import type { KeyOverlay } from './key-overlay.ts'

/** Until it succeeds, or the socket has ended: then it rejects. */
export type Outlasting = <T>(doing: string, work: () => Promise<T>) => Promise<T>

/** Far below what a read may take that somebody waits for. */
const aheadPatienceMs = 1_000

export type Reads = { rows: AuthRows; overlay: KeyOverlay; outlasting: Outlasting }

/** JSON text by id; absent ones are left out. */
export async function readKeys(
  { rows, overlay, outlasting }: Reads,
  type: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const missing: string[] = []
  for (const id of ids) {
    const known = overlay.known({ type, id })
    if (known === undefined) missing.push(id)
    else if (known !== null) found.set(id, known)
  }
  if (missing.length === 0) return found
  const remember = overlay.beginRead()
  const fetched = await outlasting('reading keys', () => rows.readKeys(type, missing))
  for (const id of missing) {
    const text = fetched.get(id)
    if (text !== undefined) found.set(id, text)
    remember({ type, id }, text ?? null)
  }
  return found
}

/** What is given up here is read again by whoever asks for it, with everything that then has to be said. */
export async function readAhead({ rows, overlay }: Reads, named: readonly KeyName[], signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { names, end } = overlay.beginReadAhead(named)
  if (names.length === 0) return
  const patience = AbortSignal.any([signal, AbortSignal.timeout(aheadPatienceMs)])
  end(await orAbort(rows.readNamed(names), () => patience.reason, patience).catch(() => null))
}
