// Names for prepared statements, so that each text is planned once per connection; renewed when tables changed under them.
import { createHash } from 'node:crypto'

export type StatementNames = { of(sql: string): string | undefined; renew(): void }

// Texts are constants of the code; more than this means that values were put into them, and a server keeps every plan.
const MAX_STATEMENTS = 500

export function createStatementNames(): StatementNames {
  let generation = 0
  const names = new Map<string, string>()
  return {
    of: sql => {
      const known = names.get(sql)
      if (known !== undefined || names.size >= MAX_STATEMENTS) return known
      const name = `z${generation}_${createHash('sha256').update(sql).digest('base64url').slice(0, 22)}`
      names.set(sql, name)
      return name
    },
    renew: () => {
      generation++
      names.clear()
    },
  }
}
