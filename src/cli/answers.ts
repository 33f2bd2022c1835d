// What the verbs read in zaplog's answers; an answer without it came from something else.

export type IsAnswer<Answer> = (answer: unknown) => answer is Answer

export type Instance = {
  id: string
  name: string
  state: string
  reasonText: string | null
  stateAt: string
  phone: string | null
}
export const isInstance: IsAnswer<Instance> = (answer): answer is Instance =>
  hasTexts(answer, ['id', 'name', 'state', 'stateAt']) && hasTextsOrNull(answer, ['reasonText', 'phone'])

/** `qr` is what the code says. */
export type Code = { qr: string; expiresAt: string }
export const isCode: IsAnswer<Code> = (answer): answer is Code => hasTexts(answer, ['qr', 'expiresAt'])

export type Endpoint = {
  id: string
  url: string
  enabled: boolean
  eventTypes?: readonly string[] | null
  instanceIds?: readonly string[] | null
}
export const isEndpoint: IsAnswer<Endpoint> = (answer): answer is Endpoint =>
  hasTexts(answer, ['id', 'url']) && typeof Reflect.get(answer, 'enabled') === 'boolean'

export type NewEndpoint = Endpoint & { secret: string }
export const isNewEndpoint: IsAnswer<NewEndpoint> = (answer): answer is NewEndpoint =>
  isEndpoint(answer) && hasTexts(answer, ['secret'])

export type Page<Item> = { data: readonly Item[]; nextCursor: string | null }
export const isPageOf =
  <Item>(isItem: IsAnswer<Item>): IsAnswer<Page<Item>> =>
  (answer): answer is Page<Item> => {
    if (!isObject(answer) || !hasTextsOrNull(answer, ['nextCursor'])) return false
    const data: unknown = Reflect.get(answer, 'data')
    return Array.isArray(data) && data.every(isItem)
  }

/** Where there is none. */
export const isNothing: IsAnswer<null> = (answer): answer is null => answer === null

export type Problem = { type: string; detail: string; errors?: readonly FieldError[] }
type FieldError = { pointer?: string; parameter?: string; expected: string; received: string }

export const isProblem: IsAnswer<Problem> = (answer): answer is Problem =>
  hasTexts(answer, ['type', 'detail']) && String(Reflect.get(answer, 'type')).startsWith(PROBLEM_TYPE)

export const slugOf = ({ type }: Problem): string => type.slice(PROBLEM_TYPE.length)

const PROBLEM_TYPE = 'urn:zaplog:problem:'

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const hasTexts = (value: unknown, names: readonly string[]): value is object =>
  isObject(value) && names.every(name => typeof Reflect.get(value, name) === 'string')

const hasTextsOrNull = (value: object, names: readonly string[]): boolean =>
  names.every(name => Reflect.get(value, name) === null || typeof Reflect.get(value, name) === 'string')
