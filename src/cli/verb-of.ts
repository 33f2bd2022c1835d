// The verb that words of a command line lead to, as far as they do. Pure.
import type { Command } from 'commander'

/** `path`: the names on the way, without the program's own. */
export function verbOf(program: Command, words: readonly string[]): { verb: Command; path: readonly string[] } {
  const path: string[] = []
  let verb = program
  for (const word of words) {
    const next = verb.commands.find(one => one.name() === word || one.aliases().includes(word))
    if (next === undefined) break
    path.push(next.name())
    verb = next
  }
  return { verb, path }
}

/** `chats archive`, without the program's own name. */
export const pathOf = (verb: Command): string =>
  verb.parent === null || verb.parent.parent === null ? verb.name() : `${pathOf(verb.parent)} ${verb.name()}`

/** What is typed behind it: <chat>, [text]. */
export const argumentTerms = ({ registeredArguments }: Command): readonly string[] =>
  registeredArguments.map(one => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`
    return one.required ? `<${name}>` : `[${name}]`
  })

/** Those that do something, in the order of the help. */
export const verbsOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(verbsOf)
