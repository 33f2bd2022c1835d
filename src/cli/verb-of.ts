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

/** Those that do something, in the order of the help. */
export const verbsOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(verbsOf)
