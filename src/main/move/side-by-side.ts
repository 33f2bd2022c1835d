// Work on many partitions, a few at a time: where one fails the others end, and that failure is what is said.
const AT_ONCE = 4

export async function sideBySide<Item>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController()
  const stopping = AbortSignal.any([signal, failing.signal])
  const left = [...items]
  const take = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      stopping.throwIfAborted()
      await work(item, stopping)
    }
  }
  const takers = Array.from({ length: AT_ONCE }, () =>
    take().catch(error => {
      failing.abort(error) // the first counts
      throw failing.signal.reason
    }),
  )
  await Promise.allSettled(takers)
  await Promise.all(takers)
}
