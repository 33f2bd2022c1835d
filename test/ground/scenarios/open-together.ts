// Parts that take seconds each are opened at the same time: all of them, or none is left open.
type Closable = { close(): Promise<void> }
type Opening = Readonly<Record<string, Promise<Closable>>>
type Opened<Of extends Opening> = { [Name in keyof Of]: Awaited<Of[Name]> }

/**
 * Rejects with what the first part that cannot be opened says. `close` is idempotent, closes every part, the last first, whatever
 * another says, then calls `closeRest`, and rejects with all that failed.
 */
export async function openTogether<Of extends Opening>(
  opening: Of,
  closeRest: () => Promise<void> = async () => undefined,
): Promise<Opened<Of> & Closable> {
  const settled = await Promise.allSettled(Object.values(opening))
  const opened = settled.flatMap(part => (part.status === 'fulfilled' ? [part.value] : []))
  const refusals = settled.flatMap(part => (part.status === 'rejected' ? [part.reason] : []))
  let closing: Promise<void> | null = null
  const close = () => {
    closing ??= closeEach([{ close: closeRest }, ...opened])
    return closing
  }
  if (refusals.length > 0) {
    await close().catch(error => Promise.reject(new AggregateError([...refusals, error], 'opening parts, then closing them')))
    throw refusals[0]
  }
  const named = await Promise.all(Object.entries(opening).map(async ([name, part]) => [name, await part] as const))
  return { ...(Object.fromEntries(named) as Opened<Of>), close }
}

/** Last first. */
async function closeEach(parts: readonly Closable[]): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts.toReversed()) await part.close().catch(error => void failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, `closing ${parts.length} parts: ${failures.map(String).join('; ')}`)
}
