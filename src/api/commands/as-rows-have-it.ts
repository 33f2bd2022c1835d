// A JSON value with the keys of its objects as Postgres' jsonb answers them: the shorter ones first, equally long ones by their bytes. What is
// made of a value before it is in its row is then the same as what is made of the row.

export function asRowsHaveIt(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRowsHaveIt)
  if (typeof value !== 'object' || value === null) return value
  const said = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(said.sort(([one], [other]) => byLength(one, other)).map(([name, one]) => [name, asRowsHaveIt(one)]))
}

function byLength(one: string, other: string): number {
  const [bytes, others] = [Buffer.from(one), Buffer.from(other)]
  return bytes.length - others.length || Buffer.compare(bytes, others)
}
