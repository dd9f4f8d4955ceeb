/**
 * What a phone's browser adds to the page of a link: where it is, and a photo made small before it goes over the air.
 * Without it, or where it fails, the form goes as it stands. Plain old script: these phones are not new.
 */
export const LINK_SCRIPT = `'use strict';
(function () {
  var form = document.querySelector('form');
  if (!form || !window.FormData || !form.requestSubmit) return;
  var LONGEST = 1600, PATIENCE = 8000, ready = false;
  var busy = document.getElementById('busy');
  function say(text) { busy.textContent = text; busy.hidden = false; }
  function place() {
    return new Promise(function (done) {
      if (!window.isSecureContext || !navigator.geolocation) return done('');
      say(form.dataset.placing);
      setTimeout(done, PATIENCE, '');
      navigator.geolocation.getCurrentPosition(function (found) {
        done(found.coords.longitude.toFixed(6) + ',' + found.coords.latitude.toFixed(6));
      }, function () { done(''); }, { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 60000 });
    });
  }
  function shrink(file) {
    if (!file || !window.createImageBitmap || !window.DataTransfer) return Promise.resolve();
    return createImageBitmap(file, { imageOrientation: 'from-image' }).then(function (picture) {
      var share = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      if (share === 1 && file.size < 1e6) return;
      var canvas = document.createElement('canvas');
      canvas.width = Math.round(picture.width * share);
      canvas.height = Math.round(picture.height * share);
      canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) { canvas.toBlob(done, 'image/jpeg', 0.85); }).then(function (blob) {
        if (!blob) return;
        var files = new DataTransfer();
        files.items.add(new File([blob], 'photo.jpg', { type: 'image/jpeg' }));
        form.photo.files = files.files;
      });
    }).catch(function () { /* The gateway says what it does not take. */ });
  }
  form.addEventListener('submit', function (event) {
    if (ready) return;
    var button = event.submitter;
    event.preventDefault();
    if (form.getAttribute('aria-busy')) return;
    form.setAttribute('aria-busy', 'true');
    var isThere = button && (button.value === 'arrive' || button.value === 'resolve');
    Promise.all([isThere ? place() : '', shrink(form.photo.files[0])]).then(function (both) {
      form.at.value = both[0];
      say(form.dataset.sending);
      // Later than this event: while it is under way a form is not submitted again.
      setTimeout(function () { ready = true; form.requestSubmit(button); }, 0);
    });
  });
  // Back to a page that was kept as it was left.
  addEventListener('pageshow', function () { ready = false; form.removeAttribute('aria-busy'); busy.hidden = true; });
})();
`;
