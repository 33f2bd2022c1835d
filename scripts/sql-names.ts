// Which tables SQL makes and which it names. No parser: what stands where only a table can stand is one.

/** Tables and views, without their schemas; those that were dropped or renamed later, too. */
export const tablesMadeIn = (texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap(text => [...withoutComments(text).matchAll(made)].map(([, name = '']) => name)))

const made = /\bcreate\s+(?:unlogged\s+)?(?:table|view)\s+(?:if\s+not\s+exists\s+)?(?:\w+\.)?(\w+)/gi

/**
 * `linesBefore`: how many lines of the text are before it. A text is a statement, a part of one that says `from t`, `join t`, `into t` and the
 * like, or begins with the table (`t where …`); a name alone counts where it cannot be a word (`log_records`, but not `messages`).
 */
export function tablesNamedIn(text: string, tables: ReadonlySet<string>): readonly { table: string; linesBefore: number }[] {
  const sql = withoutComments(text)
  const made = new Set([...sql.matchAll(named)].map(([, name = '']) => name))
  const places = [...(isSql.test(sql) ? inTablePosition(sql) : []), ...beginning(sql)]
  return places
    .filter(({ name }) => tables.has(name) && !made.has(name))
    .map(({ name, at }) => ({ table: name, linesBefore: sql.slice(0, at).split('\n').length - 1 }))
}

type Place = { name: string; at: number }

/** Prose says `from messages`, too. */
const isSql =
  /\b(select|insert\s+into|update\s+\S+.*\s+set|delete\s+from|truncate|alter\s+table)\b|^\s*(from|join|left join|exists)\b/is

/** Common table expressions, which may be called like a table. */
const named =
  /\b(\w+)\s*(?:\([^()]*\)\s*)?as\s+(?:not\s+materialized\s+|materialized\s+)?\(\s*(?:select|insert|update|delete|with|values)\b/gi

const position = /\b(?:from|join|into|update|using|table|truncate)\s+(?:only\s+|lateral\s+)?(?:[\w{}]+\.)?"?(\w+)"?/gi
/** `from a, b x, c` */
const following = /^(?:\s+(?:as\s+)?\w+)?\s*,\s*(?:only\s+|lateral\s+)?(?:[\w{}]+\.)?"?(\w+)"?/i

function inTablePosition(sql: string): readonly Place[] {
  const places: Place[] = []
  for (const match of sql.matchAll(position)) {
    let end = match.index + match[0].length
    places.push({ name: match[1] ?? '', at: match.index })
    for (let next = following.exec(sql.slice(end)); next !== null; next = following.exec(sql.slice(end))) {
      end += next[0].length
      places.push({ name: next[1] ?? '', at: end })
    }
  }
  return places
}

/** A fragment that another text puts behind its `from`, or a name that something else puts there. */
function beginning(sql: string): readonly Place[] {
  const [, name = '', rest = ''] = /^\s*(\w+)((?:\s+\w+)?\s+(?:where|join|left join|using|set)\b|\s*$)/i.exec(sql) ?? []
  return rest.trim() !== '' || name.includes('_') ? [{ name, at: 0 }] : []
}

/** As long as before. */
const withoutComments = (sql: string): string => sql.replace(/--[^\n]*/g, comment => ' '.repeat(comment.length))
