// What an endpoint or a listener asks for and will not get: said once, when it is made, because zaplog takes it all the same.
import { say } from './say.ts'
import { plainText } from './text-table.ts'

type Filters = {
  notYetEmitted?: readonly string[] | null | undefined
  unknownInstanceIds?: readonly string[] | null | undefined
}

/** On stderr. */
export function sayFilters({ notYetEmitted, unknownInstanceIds }: Filters): void {
  if (notYetEmitted?.length)
    say(
      plainText(
        `No webhook of this version is of the type ${notYetEmitted.join(' or ')}: it is asked for, and does not come yet.`,
      ),
    )
  if (unknownInstanceIds?.length)
    say(plainText(`No instance has the id ${unknownInstanceIds.join(' or ')} yet: what it does comes once there is one.`))
}
