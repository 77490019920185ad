"""What people look at: a module for each kind of object, whose functions read and return frozen values.

Pages show these values, exports and an API will: no row of the database leaves this package but inside the services. A
function takes a read unit; a page asks all that it shows in one.
"""

from host_stub.persistence.listings import PAGE, Cursor, Listing, up_to

__all__ = ["PAGE", "Cursor", "Listing", "up_to"]
