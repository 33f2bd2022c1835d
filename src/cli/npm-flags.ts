// Options that npm took for itself, because nobody said -- before them: `npm run zaplog instances list --json` runs us without --json.
// npm tells of them in the environment. What was meant is said, and never guessed: their order is lost.
import type { Command, Option } from 'commander'
import type { Environment } from '../runtime/variables.ts'
import { ownCommand } from './own-command.ts'
import { shellWord } from './shell-word.ts'
import { verbOf } from './verb-of.ts'

type Npm = { env: Environment; packageFile: string }

/** The sentence that says so; null: npm took nothing of ours. `words`: what npm left. */
export function takenByNpm(program: Command, words: readonly string[], { env, packageFile }: Npm): string | null {
  const script = env.npm_lifecycle_event ?? ''
  if (env.npm_command === undefined || env.npm_package_json !== packageFile || !isOurs(script)) return null
  const { verb, path } = verbOf(program, words)
  const taken = verb.options.flatMap(option => takenOption(option, words, env))
  if (taken.length === 0) return null
  const flags = taken.map(({ flag }) => flag).join(' and ')
  const given = [...words, ...taken.map(({ text }) => text)].map(word => (word.startsWith('--') ? word : shellWord(word)))
  const own = script === 'zaplog' ? [] : [script]
  const rest = given.slice(own.length).join(' ')
  return [
    `npm took ${flags} for itself: ${['zaplog', ...path].join(' ')} never saw it. Say it without npm:`,
    `  ${ownCommand()} ${given.join(' ')}`,
    'or behind a --:',
    `  npm ${script === 'start' ? 'start' : `run ${script}`} -- ${script === 'zaplog' ? given.join(' ') : rest}`,
  ].join('\n')
}

/** The scripts of package.json that run us. */
const isOurs = (script: string): boolean => ['zaplog', 'start', 'demo'].includes(script)

/** As npm tells it: the value, `true` for one without, nothing for --no-. Its own settings that are called so count only where we were given none. */
function takenOption(option: Option, words: readonly string[], env: Environment): readonly { flag: string; text: string }[] {
  const long = option.long ?? ''
  const name = long.replace(/^--(no-)?/, '')
  const value = env[`npm_config_${name.replaceAll('-', '_')}`]
  if (value === undefined || words.includes(long)) return []
  if (option.negate) return value === '' ? [{ flag: long, text: long }] : []
  if (value === '') return []
  if (option.isBoolean()) return value === 'true' ? [{ flag: long, text: long }] : []
  return [{ flag: long, text: `${long} ${value === 'true' ? `<${option.attributeName()}>` : shellWord(value)}` }]
}
