"""Files of a request, before any page looks at them."""

from django.core.files.uploadhandler import FileUploadHandler

MOST_BYTES = 10 * 1024 * 1024  # no page takes a larger one


class BoundedUploadHandler(FileUploadHandler):
    """Lets a file through until it is larger than any page takes; what follows is read and dropped.

    So nobody fills the disk, and the page sees a file that is too large, and says so.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= MOST_BYTES else None

    def file_complete(self, file_size: int) -> None:
        return None
