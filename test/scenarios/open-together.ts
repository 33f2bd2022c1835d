// Parts that take seconds each are opened at the same time: all of them, or none is left open.
type Closable = { close(): Promise<void> }
type Opening = Readonly<Record<string, Promise<Closable>>>
type Opened<Of extends Opening> = { [Name in keyof Of]: Awaited<Of[Name]> }

/** `closeRest` comes last, also where a part cannot be opened; what it says then is thrown. */
export async function openTogether<Of extends Opening>(
  opening: Of,
  closeRest: () => Promise<void> = async () => undefined,
): Promise<Opened<Of> & Closable> {
  const settled = await Promise.allSettled(Object.values(opening))
  const close = async () => {
    for (const part of settled) if (part.status === 'fulfilled') await part.value.close()
    await closeRest()
  }
  for (const part of settled)
    if (part.status === 'rejected') {
      await close()
      throw part.reason
    }
  const opened = await Promise.all(Object.entries(opening).map(async ([name, part]) => [name, await part] as const))
  return { ...(Object.fromEntries(opened) as Opened<Of>), close }
}
