// The only part that changes while a run works: it hands packets to the store that all views share.
export default function ({ data, setTriggerValue }) {
  if (!data || !data.byteLength) return;
  const store = (window.__distillStudio1 ??= null);
  if (!store) {
    (window.__distillWaiting ??= []).push([data, setTriggerValue]);
    return;
  }
  const runs = store.put(data);
  if (Object.keys({ ...runs, ...store.took }).length) setTriggerValue("have", { runs, planes: store.took, at: Date.now() });
}
