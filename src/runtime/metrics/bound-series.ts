// How many series a metric of accounts may have: as many as there may be at once, and not one for each account that there ever was.

export type Labels = Readonly<Record<string, string>>

/** Answers what is to be called with each series that is written; the one that was not written for longest is dropped where there are more than `most`. */
export function boundSeries(most: number, names: readonly string[], drop: (labels: Labels) => void): (labels: Labels) => void {
  const written = new Map<string, Labels>()
  return labels => {
    const key = names.map(name => labels[name]).join('\n')
    written.delete(key)
    written.set(key, labels)
    if (written.size <= most) return
    for (const [oldest, of] of written) {
      written.delete(oldest)
      drop(of)
      return
    }
  }
}
