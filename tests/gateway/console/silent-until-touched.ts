/** A browser whose sound waits for a touch, and which writes down the tones: the one that tests drive counts as touched. */
export const SILENT_UNTIL_TOUCHED = `
  let touched = false;
  addEventListener('click', () => { touched = true; }, true);
  const gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  window.AudioContext = class {
    state = 'suspended';
    currentTime = 0;
    async resume() { if (touched) this.state = 'running'; }
    async close() {}
    createGain() { return { gain, connect() {} }; }
    createOscillator() {
      const frequency = { value: 0 };
      const start = () => {
        const { dataset } = document.documentElement;
        dataset.tones = ((dataset.tones ?? '') + ' ' + frequency.value).trim();
      };
      return { frequency, start, stop() {}, connect: () => ({ connect() {} }) };
    }
  };`;
