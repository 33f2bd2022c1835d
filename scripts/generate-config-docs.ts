// Turns the declared variables of src/runtime/config.ts into .env.example and README's table; answers file path -> content.
import { declaredVariables } from '../src/runtime/config.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const settings = ['<!-- settings: generated from src/runtime/config.ts by npm run generate -->', '<!-- /settings -->'] as const

export function generateConfigDocs(): ReadonlyMap<string, string> {
  const variables = declaredVariables()
  return new Map([
    ['.env.example', envExample(variables)],
    ['README.md', replaceBetween(readOf('README.md'), 'README.md', settings, table(variables))],
  ])
}

type Variables = ReturnType<typeof declaredVariables>

function envExample(variables: Variables): string {
  const lines = ['# Every setting with its default; nothing here has to be set. Empty counts as unset.']
  lines.push('# A secret can also be given as NAME_FILE, the path of a file that holds it; not both.')
  for (const [group, members] of grouped(variables)) {
    lines.push('', `# ${group}`)
    for (const one of members)
      lines.push(`# ${one.doc === '' ? 'default' : one.doc}${one.fallback === '' ? '' : ` [${one.fallback}]`}`, `#${one.name}=`)
  }
  return `${lines.join('\n')}\n`
}

function table(variables: Variables): string {
  const rows = [...grouped(variables)].flatMap(([group, members]) =>
    members.map(
      one =>
        `| ${group} | \`${one.name}\`${one.secret ? ' or `_FILE`' : ''} | ${one.fallback === '' ? '' : `\`${one.fallback}\``} | ${one.doc} |`,
    ),
  )
  return ['| for | name | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function grouped(variables: Variables): ReadonlyMap<string, Variables> {
  const groups = new Map<string, Variables[number][]>()
  for (const one of variables) groups.set(one.group, [...(groups.get(one.group) ?? []), one])
  return groups
}
