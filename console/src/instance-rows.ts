// The rows of the list that are drawn: what fits the filter, a page of it. Pure.

export type Instance = {
  id: string
  name: string
  state: string
  reasonText: string | null
  stateAt: string
  phone: string | null
}

export const ROWS_PER_PAGE = 50

export function fittingRows(
  instances: readonly Instance[],
  filter: string,
  sayState: (state: string) => string,
): readonly Instance[] {
  const words = folded(filter).split(/\s+/).filter(Boolean)
  if (words.length === 0) return instances
  return instances.filter(({ id, name, state, phone }) => {
    const text = folded([id, name, state, sayState(state), phone ?? ''].join(' '))
    return words.every(word => text.includes(word))
  })
}

/** `page` counts from 0; one that there is no more is the last one. */
export function pageOfRows<Row>(rows: readonly Row[], page: number) {
  const last = Math.max(0, Math.ceil(rows.length / ROWS_PER_PAGE) - 1)
  const shown = Math.min(Math.max(page, 0), last)
  const from = shown * ROWS_PER_PAGE
  return { page: shown, last, from, rows: rows.slice(from, from + ROWS_PER_PAGE), total: rows.length }
}

/** Without case and accents: São is found by sao. */
const folded = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
