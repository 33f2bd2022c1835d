// What an endpoint or a listener asks for and will not get: said once, when it is made, because zaplog takes it all the same.
import { say } from './say.ts'
import { plainText } from './text-table.ts'

type Filters = {
  notYetEmitted?: readonly string[] | null | undefined
  unknownInstanceIds?: readonly string[] | null | undefined
}

/** On stderr. */
export function sayFilters({ notYetEmitted, unknownInstanceIds }: Filters): void {
  if (notYetEmitted?.length) say(plainText(`Nothing emits these yet in this version: ${notYetEmitted.join(', ')}.`))
  if (unknownInstanceIds?.length) say(plainText(`There is no such instance yet: ${unknownInstanceIds.join(', ')}.`))
}
