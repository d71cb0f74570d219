// The only part that changes while a run works: it hands packets to the store that all views share.
export default function ({ data, setTriggerValue }) {
  if (!data || !data.byteLength) return;
  const store = (window.__distillStudio1 ??= null);
  if (!store) {
    (window.__distillWaiting ??= []).push(data);
    return;
  }
  const gaps = store.put(data);
  if (Object.keys(gaps).length) setTriggerValue("resync", { gaps, at: Date.now() });
}
