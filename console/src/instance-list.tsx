// Every instance with its state: those that fit the filter, a page of them in the document at a time.
import { useComputed } from '@preact/signals'
import { choose, chosenId, filter, listed, page } from './desk.ts'
import { bringChosenIntoSight } from './document.ts'
import { fittingRows, type Instance, pageOfRows } from './instance-rows.ts'
import { say, sayNumber, sayState } from './language.ts'

export function InstanceList() {
  const shown = useComputed(() => pageOfRows(fittingRows(listed.value?.instances ?? [], filter.value, sayState), page.value))
  if (listed.value === null) return <p role="status">{say('listing')}</p>
  if (listed.value.instances.length === 0) return <p>{say('noInstances')}</p>
  return (
    <>
      <label class="unseen" for="filter">
        {say('filter')}
      </label>
      <input
        id="filter"
        type="search"
        placeholder={say('filter')}
        value={filter.value}
        onInput={event => {
          filter.value = event.currentTarget.value
          page.value = 0
        }}
      />
      <ul class="rows">
        {shown.value.rows.map(instance => (
          <Row key={instance.id} instance={instance} />
        ))}
      </ul>
      <Pages {...shown.value} />
      {!listed.value.isWhole && <p class="quiet">{say('tooMany', { total: sayNumber(listed.value.instances.length) })}</p>}
    </>
  )
}

function Row({ instance: { id, name, state, phone } }: { instance: Instance }) {
  const open = () => {
    choose(id)
    bringChosenIntoSight()
  }
  return (
    <li>
      <button type="button" class="row" aria-pressed={id === chosenId.value} onClick={open}>
        <bdi class="name">{name}</bdi>
        <State state={state} />
        <span class="quiet">{phone === null ? id : `+${phone}`}</span>
      </button>
    </li>
  )
}

/** Never by its colour alone. */
export const State = ({ state }: { state: string }) => <span class={`state state-${state}`}>{sayState(state)}</span>

function Pages({
  from,
  rows,
  total,
  page: at,
  last,
}: {
  from: number
  rows: readonly unknown[]
  total: number
  page: number
  last: number
}) {
  const turn = (by: number) => {
    page.value = at + by
  }
  return (
    <div class="line">
      <span role="status" class="quiet">
        {total === 0
          ? say('noRows')
          : say('rows', { from: sayNumber(from + 1), to: sayNumber(from + rows.length), total: sayNumber(total) })}
      </span>
      {last > 0 && (
        <>
          <button type="button" disabled={at === 0} onClick={() => turn(-1)}>
            {say('previous')}
          </button>
          <button type="button" disabled={at === last} onClick={() => turn(1)}>
            {say('next')}
          </button>
        </>
      )}
    </div>
  )
}
