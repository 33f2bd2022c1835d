// zaplog completion: a script for a shell that completes verbs, options and the values that are known of them, all of which is in the script; and ids,
// for which it asks the running zaplog.
import type { Command } from 'commander'
import { publicTopics } from '../events/catalogue.ts'
import { fileKinds } from '../events/command-bodies/files.ts'
import { recordTypes } from '../events/vocabulary.ts'
import type { CallField } from './calls/call-verb.ts'
import { partNames } from './dev-options.ts'
import { callVerbs } from './generated/call-verbs.ts'
import { idListOf } from './id-lists.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'

export type Shell = 'bash' | 'zsh'

export function sayCompletion(program: Command, shell: Shell): void {
  const script = completionScript(program, shell)
  process.stdout.write(jsonIsWanted() ? jsonLine({ shell, script }) : script)
}

/** Pure. */
export const completionScript = (program: Command, shell: Shell): string => `${beginnings[shell]}${bashScript(placesOf(program))}`

const beginnings: Readonly<Record<Shell, string>> = {
  bash: '# source <(./zaplog completion bash), or into a file of /etc/bash_completion.d\n',
  zsh: '# source <(./zaplog completion zsh), behind compinit\nautoload -U +X bashcompinit && bashcompinit\n',
}

/** `path`: the verbs typed so far, each with a space before it. */
type Place = {
  path: string
  /** What leads further. */
  verbs: readonly string[]
  options: readonly string[]
  /** Of arguments, whichever it is. */
  values: readonly string[]
  /** Behind an option. */
  valuesOf: Readonly<Record<string, readonly string[]>>
  /** Some word of it is an id that zaplog lists. */
  hasIds: boolean
}

function placesOf(command: Command, path = ''): readonly Place[] {
  const verbs = command.commands.flatMap(one => [one.name(), ...one.aliases()])
  const options = command.options.flatMap(one => (one.hidden || one.long == null ? [] : [one.long]))
  const hasIds = [...command.registeredArguments, ...command.options].some(one => idListOf(one) !== null)
  const place = { path, verbs, options: [...options, '--help'], ...knownAt(path.trim()), hasIds }
  return [
    place,
    ...command.commands.flatMap(one => [one.name(), ...one.aliases()].flatMap(name => placesOf(one, `${path} ${name}`))),
  ]
}

function knownAt(path: string): Pick<Place, 'values' | 'valuesOf'> {
  const verb = callVerbs.find(({ thing, name }) => `${thing} ${name}` === path)
  const choices = (fields: readonly CallField[]) => fields.filter(({ choices }) => choices.length > 0)
  const ofOptions = choices(verb?.options ?? []).map(({ name, choices }) => [`--${name}`, choices.map(String)] as const)
  return {
    values: [...choices(verb?.args ?? []).flatMap(field => field.choices.map(String)), ...(ownValues[path] ?? [])],
    valuesOf: { ...Object.fromEntries(ofOptions), ...ownOptions[path] },
  }
}

const types = recordTypes.here
const ownValues: Readonly<Record<string, readonly string[]>> = { completion: ['bash', 'zsh'], schemas: types }
const ownOptions: Readonly<Record<string, Place['valuesOf']>> = {
  'dev services': { '--only': partNames },
  'events tail': { '--type': types },
  replay: { '--type': types, '--topic': publicTopics.map(({ name }) => name) },
  send: { '--kind': fileKinds },
  'webhooks add': { '--types': types, '--hold-media': ['until-settled'] },
  'webhooks listen': { '--types': types },
}

const quoted = (words: readonly string[]): string => `'${words.join(' ').replaceAll("'", "'\\''")}'`

/**
 * The longest list of verbs that were typed counts; what stands behind an option that takes a value is that value, apart from it or joined by =. There
 * bash takes a word apart, and zsh does not, which wants the whole word back.
 */
function bashScript(places: readonly Place[]): string {
  const verbs = places.filter(one => one.verbs.length > 0)
  const asking = places.filter(one => one.hasIds)
  const optionValues = places.flatMap(({ path, valuesOf }) =>
    Object.entries(valuesOf).map(([option, values]) => `    ${quoted([`${path} ${option}`])}) echo ${quoted(values)} ;;`),
  )
  return `_zaplog_verbs() {
  case "$1" in
${verbs.map(({ path, verbs: names }) => `    ${quoted([path])}) echo ${quoted(names)} ;;`).join('\n')}
  esac
}
_zaplog_words() {
  case "$1" in
${places.map(({ path, verbs: names, options, values }) => `    ${quoted([path])}) echo ${quoted([...names, ...values, ...options])} ;;`).join('\n')}
  esac
}
_zaplog_values() {
  case "$1" in
${optionValues.join('\n')}
  esac
}
_zaplog_asks() {
  case "$1" in
    ${asking.map(({ path }) => quoted([path])).join(' | ')}) return 0 ;;
  esac
  return 1
}
_zaplog() {
  local current="\${COMP_WORDS[COMP_CWORD]}" typed='' offered word at line last joined='' given=''
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case " $(_zaplog_verbs "$typed") " in *" $word "*) typed="$typed $word" ;; esac
  done
  line="\${COMP_LINE:0:$COMP_POINT}"
  last="\${line##* }"
  word="\${COMP_WORDS[COMP_CWORD - 1]}"
  case "$current" in
    --*=*) given="\${current%%=*}" joined="\${current%%=*}=" current="\${current#*=}" ;;
    '=') given="$word" current='' ;;
    *) if [ "$word" = '=' ]; then given="\${COMP_WORDS[COMP_CWORD - 2]}"; fi ;;
  esac
  case "$last" in --*=*) given="\${last%%=*}" last="\${last#*=}" ;; esac
  offered="$(_zaplog_values "$typed \${given:-$word}")"
  if [ -n "$offered" ]; then
    COMPREPLY=($(compgen -P "$joined" -W "$offered" -- "$current"))
    return
  fi
  COMPREPLY=()
  if [ -z "$given" ]; then COMPREPLY=($(compgen -W "$(_zaplog_words "$typed")" -- "$current")); fi
  if [ "\${current:0:1}" = - ] || ! _zaplog_asks "$typed"; then return; fi
  while IFS= read -r word; do
    COMPREPLY+=("$joined\${word#"\${last%"$current"}"}")
  done < <("\${COMP_WORDS[0]}" completion bash --ids "$line" 2>/dev/null)
}
complete -o default -F _zaplog zaplog
`
}
