// doctest, whose CHECK takes the place of ours. Include it last.
//
// core/check.h and doctest both define CHECK: ours aborts, doctest's counts, and a test wants to
// count. Our headers expand CHECK where they are read, in templates and inline functions, so all of
// them must have been read before the name changes hands; a header that is first read after this
// one would assert by doctest, which goes on after a failure.
//
// The formatter sorts includes, but not across a comment: hence the line above each use of this.

#pragma once

#undef CHECK
#include "doctest/doctest.h"
