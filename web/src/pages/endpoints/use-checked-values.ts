/** The check of what the API cannot be asked about: a duration that is none cannot be sent as a number, nor a header that has no name. */
import { TidingsError } from '@tidings/client';
import { useTexts } from '../../texts/index.ts';
import { durationsIn } from './durations.ts';
import { type EndpointValues, namelessHeader } from './endpoint-values.ts';

/** @returns a function that throws a TidingsError with the field's problem, as if the API had refused it */
export function useCheckedValues(): (values: EndpointValues) => void {
  const { endpointForm } = useTexts();
  return ({ retries, schedule, headers }) => {
    const nameless = namelessHeader(headers ?? []);
    if (nameless !== -1) refuse(`headers[${nameless}]`, endpointForm.headerNameless(nameless + 1));
    const { problem } = durationsIn(schedule);
    if (retries !== 'own' || problem === null) return;
    refuse('retry_schedule', endpointForm.scheduleProblem(problem));
  };
}

/** @throws TidingsError */
function refuse(path: string, message: string): never {
  throw new TidingsError(message, { status: 422, code: 'validation_failed', fields: [{ path, message }] });
}
